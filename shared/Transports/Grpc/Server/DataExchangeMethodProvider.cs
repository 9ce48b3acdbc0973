using Grpc.AspNetCore.Server.Model;

namespace Distributed.Transports.Grpc.Server;

/// <summary>Registers the methods of the service. There is no generated base class because frames are not protobuf messages.</summary>
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
