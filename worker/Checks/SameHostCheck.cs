using Distributed.Transports;
using Distributed.Transports.SameHost;

namespace Distributed.Worker.Checks;

/// <summary>Tests the exchange over shared memory; each rank has its own mapping.</summary>
internal static class SameHostCheck
{
    private const string Name = "same-host";

    public static TransportCheck Run()
    {
        if (!SameHostGroups.IsAvailable) return new TransportCheck(Name, null, "needs Linux on x64 or arm64");
        var folder = Directory.CreateTempSubdirectory("distributed-check-").FullName;
        try
        {
            var options = new SameHostOptions
            {
                Directory = folder, ConnectTimeout = ExchangeCheck.Timeout,
                Exchange = new ExchangeOptions { Timeout = ExchangeCheck.Timeout },
            };
            return ExchangeCheck.OfTwo(Name, rank => SameHostGroups.Connect(ExchangeCheck.Identity, rank, 2, options));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
