using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Worker.Faults;

/// <summary>The means by which a worker injects faults.</summary>
public sealed record FaultTools
{
    /// <summary>Faults of the process. Default: signals of the system.</summary>
    public IProcessFaults Process { get; init; } = new ProcessFaults();

    /// <summary>Faults of the stream with the coordinator; null if the link supports none: such faults are skipped and logged.</summary>
    public IConnectionFaults? Connection { get; init; }

    /// <summary>The source of requested faults at a time; null for none.</summary>
    public RequestedFaults? RequestedFaults { get; init; }

    /// <summary>Logs every injected fault.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
