using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Distributed.Models.Layers;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Parameters;

/// <summary>
/// The parameters of a network on one rank, in declaration order, and its buffers: tensors that are part of a checkpoint and have no
/// gradient (the router biases).
/// </summary>
/// <param name="compute">Compute type of the network.</param>
/// <param name="wide">Type of the router and of sums: fp32, or fp64 if that is the compute type.</param>
/// <param name="kernels">Implementation of the operations: fused kernels or plain operators.</param>
/// <param name="recomputation">Results that are recomputed in backward instead of kept.</param>
public sealed class ParameterSet(
    ScalarType compute, ScalarType wide, KernelChoice kernels = KernelChoice.Fused,
    Recomputation recomputation = Recomputation.None) : IDisposable
{
    private readonly List<Parameter> _parameters = [];
    private readonly Dictionary<string, Tensor> _buffers = [];

    /// <summary>All parameters, in declaration order.</summary>
    public IReadOnlyList<Parameter> All => _parameters;

    /// <summary>Buffers by their Hugging Face names.</summary>
    public IReadOnlyDictionary<string, Tensor> Buffers => _buffers;

    /// <summary>Compute type of the network.</summary>
    public ScalarType Compute => compute;

    /// <summary>Type of the router and of sums.</summary>
    public ScalarType Wide => wide;

    /// <summary>Implementation of the operations.</summary>
    public KernelChoice Kernels => kernels;

    /// <summary>
    /// Whether the given results are recomputed in backward. Autograd determines what plain operators keep, so with them only whole
    /// layers can be recomputed.
    /// </summary>
    public bool Recomputes(Recomputation what) =>
        recomputation.HasFlag(what) && (kernels == KernelChoice.Fused || what == Recomputation.Layers);

    /// <summary>Declares a parameter; <see cref="Allocate"/> allocates its memory.</summary>
    public Parameter Declare(string name, long[] shape, ParameterRole role = ParameterRole.Matrix,
        Initialisation start = Initialisation.Normal, bool isExpert = false, bool isWide = false, IReadOnlyList<NamedView>? views = null)
    {
        var addsDirectly = kernels == KernelChoice.Fused && role != ParameterRole.Vector; // the kernels of matrices and of the embedding
        var parameter = new Parameter(name, shape, role, start, isExpert, isWide, addsDirectly, views);
        _parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Allocates a buffer of zeros in the wide type.</summary>
    public Tensor DeclareBuffer(string name, params long[] shape)
    {
        var buffer = zeros(shape, wide).DetachFromDisposeScope();
        _buffers.Add(name, buffer);
        return buffer;
    }

    /// <summary>Allocates the memory of every parameter, uninitialised.</summary>
    public void Allocate()
    {
        foreach (var parameter in _parameters)
            parameter.Value = empty(parameter.Shape, parameter.IsWide ? wide : compute).requires_grad_().DetachFromDisposeScope();
    }

    /// <summary>
    /// Draws the initial weights. Every Hugging Face name has its own generator, seeded from (seed, name), that draws in fp32. The weights
    /// therefore do not depend on the layout, the placement or the precision.
    /// </summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="deviation">Standard deviation of normal weights.</param>
    public void Initialise(long seed, double deviation)
    {
        using var _ = no_grad();
        foreach (var parameter in _parameters)
        {
            foreach (var view in parameter.Views)
            {
                using var scope = NewDisposeScope();
                var target = view.Select(parameter.Value);
                switch (parameter.Initialisation)
                {
                    case Initialisation.Ones: target.fill_(1); break;
                    case Initialisation.Zeros: target.zero_(); break;
                    case Initialisation.Normal:
                        using (var generator = new Generator((ulong)SeedFor(seed, view.Name)))
                            target.copy_(randn(view.Shape, ScalarType.Float32, generator: generator).mul_(deviation));
                        break;
                    default: throw new InvalidOperationException($"{parameter.Name}: unknown initialisation {parameter.Initialisation}.");
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var parameter in _parameters) parameter.Value?.Dispose();
        foreach (var buffer in _buffers.Values) buffer.Dispose();
    }

    private static long SeedFor(long seed, string name) =>
        BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{name}"))) & long.MaxValue;
}
