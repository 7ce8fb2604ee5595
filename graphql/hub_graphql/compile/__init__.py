"""How does an operation become SQL? One file a stage: model, plan, filters, order, statements."""
