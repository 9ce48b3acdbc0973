using System.CommandLine;
using Distributed.Cli.Commands;
using Distributed.Configuration;
using Distributed.Protocol.Faults;

namespace Distributed.Cli.Faults;

/// <summary><c>--fault</c> and <c>--fault-plan</c>: what is made to go wrong in a run.</summary>
internal static class FaultOptions
{
    public static Option<string[]> Faults() => new("--fault")
    {
        Description = "Makes something go wrong on purpose, such as kill:worker-2@step=12 or stop:worker-1@step=30,seconds=8; may be given several times. The README of the command line lists all kinds.",
        HelpName = "kind:worker@step=N",
        DefaultValueFactory = _ => [],
    };

    public static Option<string?> PlanFile() => new Option<string?>("--fault-plan")
    {
        Description = "File with a list of what is to go wrong, in YAML or JSON.",
        HelpName = "file",
    }.RefusingEmpty();

    /// <summary>Both together; null where nothing is given.</summary>
    /// <exception cref="FaultPlanException">With every mistake of the one that is wrong.</exception>
    public static FaultPlan? Read(string[] faults, string? file)
    {
        if (faults.Length == 0 && file is null) return null;
        var given = faults.Length == 0 ? new FaultPlan([]) : FaultPlan.Parse(faults);
        return file is null ? given : new FaultPlan([.. given.Faults, .. Read(file).Faults]);
    }

    private static FaultPlan Read(string file)
    {
        try
        {
            var yaml = YamlText.Parse(UserFile.Text(file, $"--fault-plan {file}"), DocumentLimits.Job);
            return FaultPlan.FromJson(yaml.Root, yaml.LineOf);
        }
        catch (DocumentException error)
        {
            throw new UserErrorException($"{file}{(error.Line is { } line ? $", line {line}" : "")}: {error.Message}");
        }
        catch (FaultPlanException error)
        {
            throw new UserErrorException($"{file}: {error.Message}");
        }
    }
}
