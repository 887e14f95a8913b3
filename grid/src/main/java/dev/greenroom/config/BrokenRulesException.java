package dev.greenroom.config;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/// Settings contradict their rules. Names all of those that one record could see.
public final class BrokenRulesException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final transient List<Finding> findings;

    BrokenRulesException(List<Finding> findings) {
        super(findings.stream().map(Finding::toString).collect(Collectors.joining("; ")));
        this.findings = List.copyOf(findings);
    }

    /// At least one.
    public List<Finding> findings() {
        return findings;
    }
}
