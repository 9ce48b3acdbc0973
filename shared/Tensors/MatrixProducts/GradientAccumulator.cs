using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>
/// Accumulates a weight's gradients: the product that computes a gradient adds it directly to the target, without an intermediate
/// tensor.
/// </summary>
public sealed class GradientAccumulator
{
    /// <summary>The accumulated gradient, with the weight's shape, contiguous, at least fp32; null returns gradients to autograd.</summary>
    public Tensor? Target { get; set; }

    /// <summary>Queue that defers the products; null computes each product immediately.</summary>
    public DeferredProducts? Later { get; set; }

    /// <summary>Adds the product of an output's gradient and an input, immediately or deferred.</summary>
    /// <param name="y">The output's gradient.</param>
    /// <param name="x">The input.</param>
    /// <param name="product">Adds the product of its second and third argument to its first.</param>
    public void Add(Tensor y, Tensor x, Action<Tensor, Tensor, Tensor> product)
    {
        if (Later is null) product(Target!, y, x);
        else Later.Add(Target!, y, x, product);
    }
}
