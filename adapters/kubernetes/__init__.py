"""What Kubernetes is given of Faultline: the objects under `k8s/` that repeat what the code already says."""
