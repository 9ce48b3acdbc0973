using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Distributed.Parity.Tests.Families;
using Distributed.Parity.Tests.Families.Objectives;
using TorchSharp;

namespace Distributed.Parity.Tests;

/// <summary>
/// Enumerates the folder of reference values and checks each case according to its family and contents, not its name. Only these tests
/// use <c>GOLDEN_DIR</c>.
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
        if (cases.Count == 0)
            cases.Add(new TheoryDataRow<string>("none") { Skip = $"{GoldenCase.Root} and its subfolders contain no case.json." });
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
            case "rl_losses": RlLossesFamily.Check(golden); break;
            default:
                NotYet(golden, golden.ModelType is { } type
                    ? $"model_type {type}" : $"family {golden.Family} with params {string.Join(", ", golden.Params.Keys)}"); break;
        }
    }

    /// <summary>Skips a case that needs a feature that is not implemented.</summary>
    /// <returns>Never returns; the type allows <c>throw</c> expressions.</returns>
    [DoesNotReturn]
    internal static Exception NotYet(GoldenCase golden, string missing)
    {
        Assert.Skip($"{golden.Name}: {missing} is not implemented.");
        throw new UnreachableException();
    }

    /// <summary>Writes the parts of a case that were not checked to the test's output.</summary>
    internal static void LeftOut(GoldenCase golden, IReadOnlyCollection<string> missing)
    {
        if (missing.Count > 0)
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{golden.Name}: not implemented, so not checked: {string.Join(", ", missing)}");
    }
}
