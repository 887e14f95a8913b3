package dev.greenroom.session;

/// Why a worker that is registered gets no session, though it may well be there.
public enum Distrust {
    /// Its address is not signed with the grid's secret.
    SIGNATURE("its record is not signed with WORKER_SECRET, so it is not dialled"),
    /// Its address is not one of the workers' network.
    ADDRESS("its address is outside of WORKER_ADDRESSES"),
    /// It answered, and did not prove that it knows the grid's secret.
    PROOF("it does not prove that it knows WORKER_SECRET");

    private final String words;

    Distrust(String words) {
        this.words = words;
    }

    /// The words in the log.
    public String words() {
        return words;
    }
}
