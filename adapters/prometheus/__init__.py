"""What Prometheus is given of Faultline: recording rules and alerts, each with its runbook."""
