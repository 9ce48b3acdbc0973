namespace Distributed.Tensors.Kernels;

/// <summary>How a network's operations are computed.</summary>
public enum KernelChoice
{
    /// <summary>By this project's kernels and libtorch's fused operators.</summary>
    Fused,

    /// <summary>By libtorch's plain operators and autograd: the documentation of what the kernels compute, and the fall-back.</summary>
    Plain,
}
