"""An estimator beside simple models on the same folds, and what that means."""
