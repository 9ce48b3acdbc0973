namespace Distributed.Tensors.Kernels;

/// <summary>The implementation of a network's operations.</summary>
public enum KernelChoice
{
    /// <summary>This project's kernels and libtorch's fused operators.</summary>
    Fused,

    /// <summary>libtorch's plain operators and autograd: the reference for the kernels, and the fallback.</summary>
    Plain,
}
