package dev.greenroom.proxy.access;

import dev.greenroom.config.TokenList.AccessToken.Scope;
import dev.greenroom.net.http.DiscoveryPath;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.HttpListener.ConnectionHandler;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.net.server.RefusalResponses;
import dev.greenroom.session.ApiCaller;
import dev.greenroom.session.Refusal;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Authorizes every request that is not for a session. A path that is not listed here needs a token.
final class EndpointGuard implements ConnectionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointGuard.class);

    /// Health checks of load balancers and kubelets: allowed with any host name and without a token.
    private static final Set<String> HEALTH = Set.of("/health", "/health/ready");

    /// Allowed without a token: they only say where sessions are.
    private static final Set<String> PUBLIC = Set.of("/json", "/favicon.ico");

    private static final List<String> READ_METHODS = List.of("GET", "HEAD");

    /// What shows the content of pages.
    private static final Pattern PICTURES = Pattern.compile("/v1/sessions/[^/]+/(?:pages|screenshot|view|recording)");

    private final AccessControl access;
    private final ConnectionHandler handler;

    EndpointGuard(AccessControl access, ConnectionHandler handler) {
        this.access = access;
        this.handler = handler;
    }

    @Override
    public void serve(InboundConnection connection) throws InterruptedException {
        switch (decide(connection)) {
            case AccessControl.ApiEntry.Granted(var caller) -> caller.serve(() -> handler.serve(connection));
            case AccessControl.ApiEntry.Refused(var why) -> refuse(connection, why);
        }
    }

    private static void refuse(InboundConnection connection, Refusal why) {
        var answer = RefusalResponses.answer(why);
        connection.answer(answer);
        LOG.atDebug()
                .addKeyValue("code", "REQUEST_REFUSED")
                .addKeyValue("requestId", connection.id())
                .addKeyValue("remote", connection.remote().getAddress().getHostAddress())
                .addKeyValue("method", connection.head().method())
                .addKeyValue("path", connection.head().pathToLog())
                .addKeyValue("status", answer.status())
                .log("Request refused");
    }

    static boolean asksForHealth(RequestHead head) {
        return READ_METHODS.contains(head.method()) && HEALTH.contains(head.path());
    }

    private AccessControl.ApiEntry decide(InboundConnection connection) {
        var head = DiscoveryPath.usual(connection.head());
        var reads = READ_METHODS.contains(head.method());
        if (asksForHealth(head)) {
            return new AccessControl.ApiEntry.Granted(ApiCaller.ANYBODY);
        }
        if (reads && PUBLIC.contains(head.path())) {
            return access.refusalWithoutToken(head)
                    .<AccessControl.ApiEntry>map(AccessControl.ApiEntry.Refused::new)
                    .orElse(new AccessControl.ApiEntry.Granted(ApiCaller.ANYBODY));
        }
        return access.enter(head, connection.remote().getAddress(), needed(head, reads));
    }

    private static Scope needed(RequestHead head, boolean reads) {
        if (DiscoveryPath.matches(head.path())) {
            return Scope.CONNECT;
        }
        if (!reads) {
            return Scope.ADMIN;
        }
        return PICTURES.matcher(head.path()).matches() ? Scope.VIEW : Scope.READ;
    }
}
