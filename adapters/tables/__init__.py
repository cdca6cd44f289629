"""The two tables that describe a utility, read from CSV or Parquet.

Reading order: `read.py` (the whole), `layout.py` (the columns), `devices.py` and `usage_points.py` (what they mean),
`fields.py` (texts into values), `raw_table.py`, `csv_records.py` and `parquet_columns.py` (files into columns).
"""
