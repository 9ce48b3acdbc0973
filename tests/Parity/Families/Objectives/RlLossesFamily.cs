namespace Distributed.Parity.Tests.Families.Objectives;

/// <summary>Checks post-training objectives; the inputs determine the kind of a case.</summary>
internal static class RlLossesFamily
{
    public static void Check(GoldenCase golden)
    {
        var inputs = golden.Load("inputs.safetensors");
        if (inputs.Has("chosen_logits")) PreferenceCases.CheckPairs(golden, inputs);
        else if (inputs.Has("chosen")) PreferenceCases.CheckRewards(golden, inputs);
        else if (inputs.Has("student_logits")) DistillationCases.Check(golden, inputs);
        else if (inputs.Has("value_preds")) ValueCases.Check(golden, inputs);
        else if (inputs.Has("advantages")) PolicyCases.Check(golden, inputs);
        else if (inputs.Has("rollout_logprobs")) ImportanceCases.Check(golden, inputs);
        else if (inputs.Has("rewards_permuted")) AdvantageCases.Check(golden, inputs);
        else GoldenTests.NotYet(golden, $"rl_losses with inputs {string.Join(", ", inputs.Names)}");
    }
}
