package dev.greenroom.architecture.broken.proxy.ending;

import dev.greenroom.architecture.broken.proxy.admission.Admitted;
import io.netty.channel.Channel;

record EndingThatLooksBack(Admitted admitted, Channel channel) {}
