"""What is kept about whom, who looked, and what must go."""
