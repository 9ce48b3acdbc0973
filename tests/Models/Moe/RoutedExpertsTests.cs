using Distributed.Models.Moe;
using static TorchSharp.torch;

namespace Distributed.Models.Tests.Moe;

public sealed class RoutedExpertsTests
{
    [Theory]
    [InlineData(new[] { 0, 1, 2, -1, 2, 0, -1, -1, 1, 0 }, "every expert, and a row without local experts")]
    [InlineData(new[] { 1, -1, -1, 1, 1, -1, -1, -1, 1, -1 }, "two experts without rows")]
    [InlineData(new[] { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 }, "nothing for this rank")]
    public void Forward_AnyAssignment_EqualsThePlainForm(int[] experts, string what)
    {
        Assert.NotEmpty(what);
        using var scope = NewDisposeScope();
        var assignments = ExpertAssignments.Sort(experts, slotsPerRow: 2, localExperts: 3);
        KernelComparison.Agree(
            parameters =>
            {
                var routed = new RoutedExperts(parameters, "experts", [4, 5, 6], width: 7, inner: 5);
                return inputs => [routed.Forward(inputs[0], inputs[1], assignments)];
            },
            KernelComparison.Random(1, 5, 7), KernelComparison.Random(2, 5, 2));
    }
}
