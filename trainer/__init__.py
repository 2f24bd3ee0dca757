"""Fine-tuning and evaluation: knows the core, not Qt."""
