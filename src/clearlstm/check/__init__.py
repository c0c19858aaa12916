"""Is this machine right? The kernels against the reference, the golden bits, and what they run on."""
