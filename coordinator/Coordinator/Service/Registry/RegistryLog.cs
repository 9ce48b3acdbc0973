using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>Log messages of the registry.</summary>
internal static partial class RegistryLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: internal error of the coordinator")]
    public static partial void LogDefect(this ILogger logger, string job, Exception defect);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: its state could not be stored: {Reason}")]
    public static partial void LogNotStored(this ILogger logger, string job, string reason);
}
