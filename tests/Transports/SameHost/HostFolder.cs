using Distributed.Protocol.Identities;
using Distributed.Transports.SameHost;

namespace Distributed.Transports.Tests.SameHost;

/// <summary>The rendezvous folder of a test.</summary>
internal sealed class HostFolder : IDisposable
{
    public static readonly GroupEpoch TestGroup = new(new JobId("test"), "learners", 1);

    public string Path { get; } = Directory.CreateTempSubdirectory("same-host-test-").FullName;

    public GroupEpoch Group => TestGroup;

    public SameHostOptions Options(ExchangeOptions? options = null, long ringBytes = 4 << 20) =>
        new() { Directory = Path, RingBytes = ringBytes, Exchange = options ?? new ExchangeOptions() };

    public IExchange Connect(int rank, int size, ExchangeOptions options, long ringBytes) =>
        SameHostGroups.Connect(Group, rank, size, Options(options, ringBytes));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
