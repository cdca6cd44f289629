"""What Grafana is given of Faultline: dashboards, each panel with the runbook that it belongs to."""
