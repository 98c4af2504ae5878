"""How a venue gets another owner: over a link that works once, which the other one accepts."""
