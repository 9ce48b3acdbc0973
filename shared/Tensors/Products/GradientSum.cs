using static TorchSharp.torch;

namespace Distributed.Tensors.Products;

/// <summary>
/// Where a weight's gradients are summed: a product that is a weight's gradient is added straight to it, without a
/// tensor in between.
/// </summary>
public sealed class GradientSum
{
    /// <summary>The weight's shape, contiguous, fp32 at least; null where gradients go the ordinary way, through autograd.</summary>
    public Tensor? Target { get; set; }
}
