# Runs one RabbitMQ node and its port mapper for as long as standard input is open: when the process that holds the other end
# ends, however it ends, both are killed and the folder is removed. A line `restart` kills the node and starts it again.
epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 </dev/null >>"$NODE_FOLDER/out" 2>&1 &
mapper=$!
while :; do
    # -noinput and RABBITMQ_ALLOW_INPUT together: the script becomes the node, so that this process id is the node's.
    "$RABBITMQ_SERVER" -noinput </dev/null >>"$NODE_FOLDER/out" 2>&1 &
    node=$!
    read -r word
    kill -9 "$node"
    wait "$node" 2>/dev/null
    [ "$word" = restart ] || break
done
kill -9 "$mapper"
wait "$mapper" 2>/dev/null
# The node's last helpers may still write for a moment.
for _ in 1 2 3 4 5; do rm -rf "$NODE_FOLDER" 2>/dev/null && break; sleep 0.1; done
