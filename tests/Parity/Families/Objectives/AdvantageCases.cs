using Distributed.Training.Objectives.Advantages;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families.Objectives;

/// <summary>Advantages relative to the other responses to a prompt.</summary>
internal static class AdvantageCases
{
    public static void Check(GoldenCase golden, GoldenTensors inputs)
    {
        var expected = golden.Load("expected.safetensors");
        var (verl, trl) = (golden.Params.Number("verl_epsilon"), golden.Params.Number("trl_epsilon"));
        var groups = inputs["group_id_permuted"].data<long>().ToArray();
        var rewards = Numbers(inputs["rewards_permuted"]);
        var grouped = Numbers(inputs["rewards_grouped_order"]);
        var size = (int)golden.Params.Whole("group_size");
        long[] inOrder = [.. Enumerable.Range(0, grouped.Length).Select(index => (long)(index / size))];
        Dictionary<string, double[]> actual = new()
        {
            ["adv.rloo"] = GroupAdvantages.Of(GroupBaseline.LeaveOneOut, rewards, groups),
            ["adv.verl_nostd"] = GroupAdvantages.Of(GroupBaseline.Mean, rewards, groups),
            ["adv.verl_std"] = GroupAdvantages.Of(GroupBaseline.GroupDeviation, rewards, groups, verl),
            ["adv.trl_std_grouped_order"] = GroupAdvantages.Of(GroupBaseline.GroupDeviation, grouped, inOrder, trl),
            ["adv.trl_batch_std_grouped_order"] = GroupAdvantages.Of(GroupBaseline.BatchDeviation, grouped, inOrder, trl),
        };
        foreach (var name in expected.Names)
        {
            Assert.True(actual.TryGetValue(name, out var values), $"{golden.Name}: {name} is not checked.");
            Compare.CloseEach($"{golden.Name}: {name}", tensor(values), expected[name],
                golden.Tolerances.Get("rel", 1e-5), golden.Tolerances.Get("abs", 1e-5));
        }
    }

    private static double[] Numbers(Tensor values) => values.to(ScalarType.Float64).data<double>().ToArray();
}
