using Distributed.Protocol.Faults;
using Distributed.Training;

namespace Distributed.Worker.Faults;

/// <summary>Thrown on purpose.</summary>
/// <param name="fault">Which fault it is.</param>
public sealed class InjectedFaultException(Fault fault) : TrainingException($"the run's faults ask for this one: {fault}");
