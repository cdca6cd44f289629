"""CAP 1.2 as XML of strangers, read with distrust; the policy by which alerts are issued."""
