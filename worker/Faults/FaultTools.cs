using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Worker.Faults;

/// <summary>By what means faults are made to happen in a worker.</summary>
public sealed record FaultTools
{
    /// <summary>To the process. Default: the system's signals.</summary>
    public IProcessFaults Process { get; init; } = new ProcessFaults();

    /// <summary>To the stream with the coordinator; null where nothing can be: such faults are passed over, and the log says so.</summary>
    public IConnectionFaults? Connection { get; init; }

    /// <summary>Where faults at a time are asked for; null where nobody does.</summary>
    public FaultCalls? Calls { get; init; }

    /// <summary>Where faults are told of.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
