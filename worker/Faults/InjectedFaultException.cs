using Distributed.Protocol.Faults;

namespace Distributed.Worker.Faults;

/// <summary>Thrown on purpose: like a defect that nobody has foreseen, and so no <see cref="Training.TrainingException"/>, which says that trying again is no use.</summary>
/// <param name="fault">Which fault it is.</param>
public sealed class InjectedFaultException(Fault fault) : Exception($"the run's faults ask for this one: {fault}");
