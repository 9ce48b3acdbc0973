using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>
/// Where a weight's gradients are summed: a product that is a weight's gradient is added straight to it, without a
/// tensor in between.
/// </summary>
public sealed class GradientAccumulator
{
    /// <summary>The weight's shape, contiguous, fp32 at least; null where gradients go the ordinary way, through autograd.</summary>
    public Tensor? Target { get; set; }

    /// <summary>Puts products off; null computes each at once.</summary>
    public DeferredProducts? Later { get; set; }

    /// <summary>Adds the product of an output's gradient and an input, now or later.</summary>
    /// <param name="y">The output's gradient.</param>
    /// <param name="x">The input.</param>
    /// <param name="product">Adds to its first argument the product of the others.</param>
    public void Add(Tensor y, Tensor x, Action<Tensor, Tensor, Tensor> product)
    {
        if (Later is null) product(Target!, y, x);
        else Later.Add(Target!, y, x, product);
    }
}
