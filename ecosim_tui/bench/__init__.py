"""What `ecosim bench` measures, one module per subject; each figure against a limit or a peer taken in the same run."""
