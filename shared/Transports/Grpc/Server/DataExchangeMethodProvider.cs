using Grpc.AspNetCore.Server.Model;

namespace Distributed.Transports.Grpc.Server;

/// <summary>Makes the methods known to the server; there is no generated base class because frames are no messages.</summary>
internal sealed class DataExchangeMethodProvider : IServiceMethodProvider<DataExchangeService>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<DataExchangeService> context)
    {
        context.AddUnaryMethod(DataExchangeMethods.Join, [], (service, request, call) => service.Join(request, call));
        context.AddUnaryMethod(DataExchangeMethods.Abort, [], (service, request, call) => service.Abort(request, call));
        context.AddServerStreamingMethod(
            DataExchangeMethods.Attach, [], (service, request, frames, call) => service.Attach(request, frames, call));
    }
}
