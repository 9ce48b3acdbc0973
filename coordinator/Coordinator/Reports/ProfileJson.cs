using System.Text.Json.Nodes;
using Distributed.Protocol;

namespace Distributed.Coordinator.Reports;

/// <summary>Profiles of steps as JSON.</summary>
internal static class ProfileJson
{
    /// <summary>Returns the time of each phase of the measured steps.</summary>
    public static JsonObject Of(StepProfile profile)
    {
        var figures = profile.Figures;
        var isTraceWritten = figures.TraceProblem.Length == 0;
        return new JsonObject
        {
            ["first_step"] = figures.FirstStep,
            ["last_step"] = profile.LastStep,
            ["steps_left_out"] = figures.StepsLeftOut,
            ["step_seconds"] = JsonFormat.Number(figures.StepSeconds),
            ["phases"] = new JsonArray([.. figures.Phases.Select(phase => Of(profile, phase))]),
            ["trace"] = isTraceWritten ? figures.Trace : null,
            ["trace_last_step"] = figures.FirstStep + figures.TraceSteps - 1,
            ["trace_problem"] = isTraceWritten ? null : figures.TraceProblem,
        };
    }

    private static JsonObject Of(StepProfile profile, PhaseTime phase) => new()
    {
        ["phase"] = phase.Phase,
        ["pass"] = phase.Pass.Length == 0 ? null : phase.Pass,
        ["seconds"] = JsonFormat.Number(phase.Seconds),
        ["share"] = JsonFormat.Number(profile.ShareOf(phase)),
        ["calls"] = JsonFormat.Number(phase.Calls),
        ["waiting_share"] = StepProfile.WaitingOf(phase) is { } waiting ? JsonFormat.Number(waiting) : null,
    };
}
