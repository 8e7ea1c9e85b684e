s = "auto"
