package dev.greenroom.session;

import java.util.Optional;

/// Whether a session is recorded.
public enum RecordingChoice {
    /// As it is usual on the worker.
    USUAL(""),
    /// Not.
    NONE("off"),
    /// It is, and the recording is kept.
    ALL("video"),
    /// It is, and the recording is kept unless the client has ended the session.
    FAILED("video-failed");

    /// The handshake header with the choice, from a proxy to a worker.
    public static final String HEADER = "X-Greenroom-Record";

    private final String word;

    RecordingChoice(String word) {
        this.word = word;
    }

    /// The word in [#HEADER]; empty for the usual.
    public String word() {
        return word;
    }

    /// What [#HEADER] says.
    public static RecordingChoice ofHeader(Optional<String> header) {
        for (var choice : values()) {
            if (choice.word.equals(header.orElse(""))) {
                return choice;
            }
        }
        return USUAL;
    }

    /// What a client has asked for.
    ///
    /// @param record `video`, `off` or empty
    /// @param retain `failed`, `always` or empty
    /// @throws IllegalArgumentException with a message for the client, if it is neither
    public static RecordingChoice of(String record, String retain) {
        return switch (record + "/" + retain) {
            case "/" -> USUAL;
            case "off/" -> NONE;
            case "video/", "video/always" -> ALL;
            case "video/failed" -> FAILED;
            default ->
                throw new IllegalArgumentException("record is \"video\" or \"off\", and retain, which goes with"
                        + " record=video, is \"failed\" or \"always\"");
        };
    }

    /// The choice where this one leaves it to the worker.
    public RecordingChoice or(RecordingChoice usual) {
        return this == USUAL ? usual : this;
    }
}
