package dev.greenroom.cli.api;

import java.io.Serial;

/// The grid gave no answer, or none that can be used. The message is one sentence for the person who asked.
public final class GridApiException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String sentence;

    /// What is in the way.
    public enum Kind {
        /// Nobody answers.
        SILENCE,
        /// The certificate is not trusted, or there is no TLS.
        TLS,
        /// A token is missing, or may not do this.
        REFUSED,
        /// There is no such thing.
        MISSING,
        /// Somebody answers who is no grid, or a grid that cannot answer now.
        ODD
    }

    GridApiException(Kind kind, String sentence) {
        super(sentence);
        this.kind = kind;
        this.sentence = sentence;
    }

    /// What is in the way.
    public Kind kind() {
        return kind;
    }

    /// The message.
    public String sentence() {
        return sentence;
    }
}
