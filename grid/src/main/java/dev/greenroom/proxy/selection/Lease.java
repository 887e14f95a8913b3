package dev.greenroom.proxy.selection;

import dev.greenroom.registry.Acquisition.Granted;
import dev.greenroom.registry.RegistryUnavailableException;
import dev.greenroom.session.Endpoint;
import dev.greenroom.session.WorkerId;

/// A slot that is ours until it is closed. Closing never blocks and never fails: the release goes on in the background
/// until the registry has acknowledged it. Closed by the thread that has it.
public final class Lease implements AutoCloseable {
    private final Leases leases;
    private final Granted grant;
    private boolean givenBack;

    Lease(Leases leases, Granted grant) {
        this.leases = leases;
        this.grant = grant;
    }

    /// Whose slot it is.
    public WorkerId worker() {
        return grant.worker();
    }

    /// Where that worker takes sessions.
    public Endpoint endpoint() {
        return grant.endpoint();
    }

    /// Whether somebody has ordered this session to end, which its relay may not have heard.
    public boolean isToEnd() {
        return leases.isToEnd(grant.session());
    }

    /// Gives the slot back before its session asks for another one: the registry knows a slot by its session, and a
    /// release that is under way then would take the other one. Blocks until the registry has acknowledged it.
    ///
    /// @throws RegistryUnavailableException when it does not; what remains is to close this
    public void giveBack() {
        leases.giveBack(grant.session());
        givenBack = true;
    }

    @Override
    public void close() {
        if (!givenBack) {
            leases.release(grant.session());
        }
    }
}
