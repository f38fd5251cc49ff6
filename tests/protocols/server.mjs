// Real servers of three protocols on one port: GraphQL over WebSocket at /graphql, JSON-RPC at /rpc, Socket.IO at /socket.io/.
// Prints its port. With `broken` as argument each breaks its promise in one way.
import { createServer } from "node:http";
import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { JSONRPCClient, JSONRPCErrorException, JSONRPCServer, JSONRPCServerAndClient } from "json-rpc-2.0";
import { Server as SocketIo } from "socket.io";
import { WebSocketServer } from "ws";

const broken = process.argv[2] === "broken";
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: {
      hello: {
        type: GraphQLString,
        args: { name: { type: new GraphQLNonNull(GraphQLString) } },
        resolve: (_, { name }) => {
          if (broken) throw new Error("the greeter is out of order");
          return `Hello, ${name}`;
        },
      },
    },
  }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      countdown: {
        type: GraphQLInt,
        args: { from: { type: new GraphQLNonNull(GraphQLInt) } },
        subscribe: async function* (_, { from }) {
          for (let left = from; left >= 0; left--) {
            await pause(5);
            if (!(broken && left === 1)) yield { countdown: left };
          }
        },
      },
      forever: {
        type: GraphQLInt,
        subscribe: async function* () {
          for (let n = 0; ; n++) {
            yield { forever: n };
            await pause(20);
          }
        },
      },
    },
  }),
});

const http = createServer();
const graphql = new WebSocketServer({ noServer: true });
useServer({ schema, onConnect: ({ connectionParams }) => connectionParams?.token !== "wrong" }, graphql);

const rpc = new WebSocketServer({ noServer: true });
rpc.on("connection", (socket) => {
  const peer = new JSONRPCServerAndClient(
    new JSONRPCServer(),
    new JSONRPCClient((message) => socket.send(JSON.stringify(message))),
  );
  peer.addMethod("sum", (numbers) => numbers.reduce((sum, number) => sum + number, broken ? 1 : 0));
  peer.addMethod("wait", async ({ ms }) => pause(ms).then(() => "waited"));
  peer.addMethod("withdraw", () => {
    throw new JSONRPCErrorException("the account is empty", broken ? -32000 : -32001, { balance: 0 });
  });
  peer.addMethod("work", async ({ steps }) => {
    for (let step = 1; step <= steps; step++) peer.notify("progress", { step: broken ? 1 : step });
    return "done";
  });
  socket.on("message", (text) => peer.receiveAndSend(JSON.parse(text)));
});

const io = new SocketIo({ pingInterval: 60 });
const guard = (socket, next) => (socket.handshake.auth.token === "wrong" ? next(new Error("not authorized")) : next());
io.use(guard);
io.on("connection", (socket) => {
  socket.on("say", (text, acknowledge) => {
    socket.emit("said", { text: broken ? text.toUpperCase() : text });
    if (acknowledge) acknowledge({ length: text.length });
  });
  socket.on("leave", () => socket.disconnect());
});
io.of("/admin").on("connection", (socket) => socket.emit("welcome", { admin: true }));
io.attach(http, { destroyUpgrade: false });

http.on("upgrade", (request, socket, head) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const server = { "/graphql": graphql, "/rpc": rpc }[pathname];
  server?.handleUpgrade(request, socket, head, (opened) => server.emit("connection", opened, request));
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
// It lives as long as the test that started it.
process.stdin.on("end", () => process.exit()).resume();
