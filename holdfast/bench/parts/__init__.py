"""What is measured: each part a function from the rig to figures and facts."""
