using Distributed.Protocol.Faults;

namespace Distributed.Worker.Faults;

/// <summary>
/// Thrown by an injected fault. It stands for an unforeseen defect, and so is not a <see cref="Training.TrainingException"/>, after which a
/// retry is useless.
/// </summary>
/// <param name="fault">The injected fault.</param>
public sealed class InjectedFaultException(Fault fault) : Exception($"injected fault: {fault}");
