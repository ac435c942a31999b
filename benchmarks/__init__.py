"""What the heavy jobs cost, beside the least they could."""
