using Distributed.Parity.Tests.Families;
using TorchSharp;

namespace Distributed.Parity.Tests;

/// <summary>Walks the folder of reference values and checks each case by its family and contents.</summary>
[Trait("Category", "Golden")]
public sealed class GoldenTests
{
    public static TheoryData<string> Cases() =>
        new(Directory.EnumerateFiles(GoldenCase.Root, "case.json", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(GoldenCase.Root, Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case_AgainstItsReference_Agrees(string name)
    {
        using var scope = torch.NewDisposeScope();
        var golden = new GoldenCase(Path.Combine(GoldenCase.Root, name));
        switch (golden.Family)
        {
            case "deepseek_v3" when golden.ModelType is not null: DeepSeekV3Family.Check(golden); break;
            case "deepseek_v3" when golden.Has("inputs.safetensors"): RouterFamily.Check(golden); break;
            case "deepseek_v3": YarnFamily.Check(golden); break;
            case "deepseek_v3_mtp": MtpFamily.Check(golden); break;
            case "optim_balance": OptimBalanceFamily.Check(golden); break;
            case "train_trajectory": TrainTrajectoryFamily.Check(golden); break;
            case "tokenizer": TokenizerFamily.Check(golden); break;
            case "model_accounting": ModelAccountingFamily.Check(golden); break;
            default: NotYet(golden, golden.ModelType is { } type ? $"model_type {type}" : $"family {golden.Family}"); break;
        }
    }

    /// <summary>Reports a case as skipped because of what the project does not have yet.</summary>
    internal static void NotYet(GoldenCase golden, string missing) =>
        Assert.Skip($"{Path.GetFileName(golden.Folder)}: {missing} is not implemented yet.");
}
