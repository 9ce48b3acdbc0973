using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Distributed.Parity.Tests.Families;
using TorchSharp;

namespace Distributed.Parity.Tests;

/// <summary>
/// Walks the folder of reference values and checks each case by its family and contents, never by its name. These are
/// all tests of the repository that follow <c>GOLDEN_DIR</c>.
/// </summary>
[Trait("Category", "Golden")]
public sealed class GoldenTests
{
    public static TheoryData<string> Cases()
    {
        TheoryData<string> cases = Directory.Exists(GoldenCase.Root)
            ? new(Directory.EnumerateFiles(GoldenCase.Root, "case.json", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(GoldenCase.Root, Path.GetDirectoryName(file)!)).Order(StringComparer.Ordinal))
            : [];
        if (cases.Count == 0) cases.Add(new TheoryDataRow<string>("none") { Skip = $"{GoldenCase.Root} has no case.json in it or below." });
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case_AgainstItsReference_Agrees(string name)
    {
        using var scope = torch.NewDisposeScope();
        var golden = new GoldenCase(Path.Combine(GoldenCase.Root, name));
        switch (golden.Family)
        {
            case "deepseek_v3" or "glm4_moe" or "llama" when golden.ModelType is not null: DeepSeekV3Family.Check(golden); break;
            case "deepseek_v3" when golden.Params.Items.Any(row => row.Has("kind")): RouterFamily.Check(golden); break;
            case "deepseek_v3" when golden.Params.Items.Any(row => row.Has("factor")): YarnFamily.Check(golden); break;
            case "deepseek_v3_mtp": MtpFamily.Check(golden); break;
            case "optim_balance": OptimBalanceFamily.Check(golden); break;
            case "train_trajectory": TrainTrajectoryFamily.Check(golden); break;
            case "tokenizer": TokenizerFamily.Check(golden); break;
            case "model_accounting": ModelAccountingFamily.Check(golden); break;
            default: NotYet(golden, golden.ModelType is { } type ? $"model_type {type}" : $"family {golden.Family} with params {string.Join(", ", golden.Params.Keys)}"); break;
        }
    }

    /// <summary>Reports a case as skipped because of what the project does not have yet.</summary>
    /// <returns>Nothing: it is there for expressions that have to end in one.</returns>
    [DoesNotReturn]
    internal static Exception NotYet(GoldenCase golden, string missing)
    {
        Assert.Skip($"{golden.Name}: {missing} is not implemented yet.");
        throw new UnreachableException();
    }

    /// <summary>Says in a passed case's output which part of it was not looked at.</summary>
    internal static void LeftOut(GoldenCase golden, IReadOnlyCollection<string> missing)
    {
        if (missing.Count > 0) TestContext.Current.TestOutputHelper?.WriteLine($"{golden.Name}: not implemented yet, so not checked: {string.Join(", ", missing)}");
    }
}
