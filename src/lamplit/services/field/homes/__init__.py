"""What is known of homes, and the steps in which one opens."""
