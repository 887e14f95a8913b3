package dev.greenroom.architecture.broken.session;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public final class SessionThatLogs {
    static final Logger LOG = LoggerFactory.getLogger(SessionThatLogs.class);
}
