using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// An autograd function of a kernel. Its backward runs in <see cref="BackwardGuard"/> and returns gradients for the leading arguments
/// only; all other arguments have none.
/// </summary>
public abstract class KernelFunction<TSelf> : autograd.MultiTensorFunction<TSelf> where TSelf : KernelFunction<TSelf>, new()
{
    private const string Arguments = "arguments";

    /// <inheritdoc/>
    public sealed override List<Tensor> forward(autograd.AutogradContext context, params object[] arguments)
    {
        context.save_data(Arguments, arguments.Length);
        return Forward(context, arguments);
    }

    /// <inheritdoc/>
    public sealed override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> gradients) =>
        BackwardGuard.Run((int)context.get_data(Arguments), () => Backward(context, gradients));

    /// <summary>Computes the outputs, and saves what backward needs.</summary>
    /// <param name="context">State that is kept for backward.</param>
    /// <param name="arguments">The arguments of <c>apply</c>: tensors and others.</param>
    protected abstract List<Tensor> Forward(autograd.AutogradContext context, object[] arguments);

    /// <summary>Computes the gradients of the leading arguments; null for an argument without a gradient.</summary>
    /// <param name="context">State that forward kept.</param>
    /// <param name="gradients">Gradient of each output.</param>
    protected abstract Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients);
}

/// <summary>An autograd function of a kernel with one output.</summary>
public abstract class SingleKernelFunction<TSelf> : KernelFunction<TSelf> where TSelf : SingleKernelFunction<TSelf>, new()
{
    /// <summary>Computes the output; differentiable.</summary>
    /// <param name="arguments">The arguments of forward: tensors and others.</param>
    public static new Tensor apply(params object[] arguments) => KernelFunction<TSelf>.apply(arguments)[0];
}
