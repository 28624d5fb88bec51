"""Workers with one fault each, chosen by name: what a host must survive. Nothing here is how a worker should be written."""
