using System.CommandLine;
using Distributed.Cli.Commands;
using Distributed.Configuration;
using Distributed.Protocol.Faults;

namespace Distributed.Cli.Faults;

/// <summary><c>--fault</c> and <c>--fault-plan</c>: the faults to inject into a run.</summary>
internal static class FaultOptions
{
    public static Option<string[]> Faults() => new("--fault")
    {
        Description = "Injects a fault, such as kill:worker-2@step=12 or stop:worker-1@step=30,seconds=8. Can be repeated. "
            + "The README of the command line lists all kinds.",
        HelpName = "kind:worker@step=N",
        DefaultValueFactory = _ => [],
    };

    public static Option<string?> PlanFile() => new Option<string?>("--fault-plan")
    {
        Description = "YAML or JSON file with a list of faults to inject.",
        HelpName = "file",
    }.RefusingEmpty();

    /// <summary>Combines the faults of both options; null if neither is given.</summary>
    /// <exception cref="ConfigException">A value of <c>--fault</c> is invalid; the exception lists every problem.</exception>
    /// <exception cref="UserErrorException">The file cannot be read or is invalid.</exception>
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
        catch (ConfigException error)
        {
            throw new UserErrorException($"{file}: {error.Message}");
        }
    }
}
