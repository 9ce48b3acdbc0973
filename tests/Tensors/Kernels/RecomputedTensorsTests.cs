using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class RecomputedTensorsTests
{
    private readonly List<string> _events = [];

    [Fact]
    public void Take_SeveralUsers_KeepsOnceAndComputesOnce()
    {
        using var scope = NewDisposeScope();
        var remade = New();
        remade.AddUser();
        remade.AddUser();
        Assert.Equal(["kept"], _events);
        Assert.Equal(3, remade.Take()[0].item<float>());
        Assert.Equal(3, remade.Take()[0].item<float>());
        Assert.Equal(["kept", "made"], _events);
    }

    [Fact]
    public void Constructor_WithoutUsers_KeepsNothing()
    {
        New();
        Assert.Empty(_events);
    }

    [Fact]
    public void Take_MoreOftenThanUsersAdded_IsRefused()
    {
        using var scope = NewDisposeScope();
        var remade = New();
        remade.AddUser();
        remade.Take();
        Assert.Contains("runs once", Assert.Throws<InvalidOperationException>(remade.Take).Message);
    }

    [Fact]
    public void LinearBackward_OfARecomputedInput_EqualsThatOfAKeptOne()
    {
        using var scope = NewDisposeScope();
        var (source, weight) = (KernelAssert.Random(1, ScalarType.Float64, 5, 4),
            KernelAssert.Random(2, ScalarType.Float64, 3, 4).requires_grad_());
        var gradients = new List<Tensor>();
        foreach (var again in new[] { null, new RecomputedTensors(() => () => [source * 2]) })
        {
            var x = (source * 2).requires_grad_();
            var y = LinearKernel.Apply(x, weight, null, again);
            gradients.AddRange(autograd.grad([y.square().sum()], [x, weight]));
            BackwardGuard.ThrowIfFailed();
        }

        Assert.True(gradients[0].bytes.SequenceEqual(gradients[2].bytes));
        Assert.True(gradients[1].bytes.SequenceEqual(gradients[3].bytes));
    }

    private RecomputedTensors New() => new(() =>
    {
        _events.Add("kept");
        return () =>
        {
            _events.Add("made");
            return [tensor(3f)];
        };
    });
}
