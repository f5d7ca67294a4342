package main

import (
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The messages of Everything that its streams need, without the rest of that file.

type Number struct {
	Value int64 `protobuf:"varint,1,opt,name=value,proto3"`
}

type Total struct {
	Sum   int64 `protobuf:"varint,1,opt,name=sum,proto3"`
	Count int32 `protobuf:"varint,2,opt,name=count,proto3"`
}

type Note struct {
	Text string `protobuf:"bytes,1,opt,name=text,proto3"`
}

func (m *Number) Reset()         { *m = Number{} }
func (m *Number) String() string { return fmt.Sprint(m.Value) }
func (*Number) ProtoMessage()    {}
func (m *Total) Reset()          { *m = Total{} }
func (m *Total) String() string  { return fmt.Sprint(m.Sum) }
func (*Total) ProtoMessage()     {}
func (m *Note) Reset()           { *m = Note{} }
func (m *Note) String() string   { return m.Text }
func (*Note) ProtoMessage()      {}

var everything = grpc.ServiceDesc{
	ServiceName: "septem.peers.v1.Everything",
	HandlerType: (*interface{})(nil),
	Streams: []grpc.StreamDesc{
		{StreamName: "Sum", Handler: sum, ClientStreams: true},
		{StreamName: "Chat", Handler: chat, ClientStreams: true, ServerStreams: true},
	},
}

func sum(_ interface{}, stream grpc.ServerStream) error {
	total := &Total{}
	for {
		number := &Number{}
		if err := stream.RecvMsg(number); err == io.EOF {
			return stream.SendMsg(total)
		} else if err != nil {
			return err
		}
		total.Sum += number.Value
		total.Count++
	}
}

func chat(server interface{}, stream grpc.ServerStream) error {
	for {
		note := &Note{}
		if err := stream.RecvMsg(note); err == io.EOF {
			return nil
		} else if err != nil {
			server.(*service).attempt("echo cancelled")
			return err
		}
		if note.Text == "fail" {
			return status.Error(codes.Aborted, "as asked")
		}
		if err := stream.SendMsg(note); err != nil {
			return err
		}
	}
}
