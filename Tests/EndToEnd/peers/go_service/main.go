// A gRPC service on grpc-go: Basics with reflection and status details. The first line it prints is its port.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/golang/protobuf/proto"
	"github.com/golang/protobuf/ptypes"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
)

type service struct {
	lock     sync.Mutex
	attempts map[string]int32
}

func (s *service) attempt(key string) int32 {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.attempts[key]++
	return s.attempts[key]
}

func (s *service) Echo(ctx context.Context, request *EchoRequest) (*EchoReply, error) {
	incoming, _ := metadata.FromIncomingContext(ctx)
	seen := map[string]string{}
	for name, values := range incoming {
		if !strings.HasSuffix(name, "-bin") {
			seen[name] = strings.Join(values, ",")
		}
	}
	return &EchoReply{
		Text: request.Text, Number: request.Number, Words: request.Words, Metadata: seen,
		Attempt: s.attempt("echo " + request.Text),
	}, nil
}

func (s *service) Fail(ctx context.Context, request *FailRequest) (*EchoReply, error) {
	attempt := s.attempt("fail " + request.Message)
	if err := failure(ctx, request, attempt); err != nil {
		if request.RetryPushback != "" {
			grpc.SetTrailer(ctx, metadata.Pairs("grpc-retry-pushback-ms", request.RetryPushback))
		}
		return nil, err
	}
	return &EchoReply{Text: request.Message, Attempt: attempt}, nil
}

func (s *service) Sleep(ctx context.Context, request *SleepRequest) (*EchoReply, error) {
	if !wait(ctx, request.Milliseconds) {
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	return &EchoReply{Text: "slept"}, nil
}

func (s *service) Count(request *CountRequest, stream Basics_CountServer) error {
	for number := int32(1); ; number++ {
		if request.Failure != nil && number > request.FailAfter {
			return failure(stream.Context(), request.Failure, 1)
		}
		if number > request.Count {
			return nil
		}
		if !wait(stream.Context(), request.DelayMilliseconds) {
			return status.FromContextError(stream.Context().Err()).Err()
		}
		if err := stream.Send(&Tick{Number: number, Padding: strings.Repeat("x", int(request.PaddingBytes))}); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, milliseconds int32) bool {
	if milliseconds <= 0 {
		return true
	}
	select {
	case <-time.After(time.Duration(milliseconds) * time.Millisecond):
		return true
	case <-ctx.Done():
		return false
	}
}

// failure is the status asked for, or nil when this call is to succeed.
func failure(ctx context.Context, request *FailRequest, attempt int32) error {
	if request.Code == 0 || request.Times > 0 && attempt > request.Times {
		return nil
	}
	if incoming, _ := metadata.FromIncomingContext(ctx); request.Tenant != "" {
		if tenants := incoming.Get("x-tenant-id"); len(tenants) == 0 || tenants[0] != request.Tenant {
			return nil
		}
	}
	result := status.New(codes.Code(request.Code), request.Message)
	for _, name := range wanted(request.Problem) {
		if detail := detail(name, request.Problem); detail != nil {
			var err error
			if result, err = result.WithDetails(detail); err != nil {
				return err
			}
		}
	}
	return result.Err()
}

var names = []string{
	"bad_request", "retry_info", "error_info", "quota_failure", "resource_info", "precondition_failure", "localized_message",
	"help", "debug_info", "request_info",
}

func wanted(problem *Problem) []string {
	if problem == nil {
		return nil
	}
	if problem.Everything {
		return names
	}
	return problem.Details
}

// detail is the same for every peer, so that one test fits all.
func detail(name string, problem *Problem) proto.Message {
	switch name {
	case "bad_request":
		detail := &errdetails.BadRequest{}
		for _, field := range problem.BadFields {
			detail.FieldViolations = append(
				detail.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: field, Description: field + " is not right"})
		}
		return detail
	case "retry_info":
		return &errdetails.RetryInfo{RetryDelay: ptypes.DurationProto(2500 * time.Millisecond)}
	case "error_info":
		return &errdetails.ErrorInfo{
			Reason: "STOCK_EMPTY", Domain: "shop.example", Metadata: map[string]string{"shelf": "7"}}
	case "quota_failure":
		return &errdetails.QuotaFailure{
			Violations: []*errdetails.QuotaFailure_Violation{{Subject: "tenant:acme", Description: "Daily limit reached"}}}
	case "resource_info":
		return &errdetails.ResourceInfo{
			ResourceType: "shop.Item", ResourceName: "items/7", Owner: "user:ada", Description: "The item is gone"}
	case "precondition_failure":
		return &errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{
			{Type: "TERMS", Subject: "shop.example", Description: "Terms not accepted"}}}
	case "localized_message":
		return &errdetails.LocalizedMessage{Locale: "de-CH", Message: "Das Regal ist leer."}
	case "help":
		return &errdetails.Help{Links: []*errdetails.Help_Link{
			{Description: "What to do", Url: "https://shop.example/help"}, {Description: "Not a link", Url: "javascript:alert(1)"}}}
	case "debug_info":
		return &errdetails.DebugInfo{StackEntries: []string{"secret.go:1"}, Detail: "secret detail"}
	case "request_info":
		return &errdetails.RequestInfo{RequestId: "internal-1", ServingData: "secret serving data"}
	}
	return nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	basics := &service{attempts: map[string]int32{}}
	RegisterBasicsServer(server, basics)
	server.RegisterService(&everything, basics)
	if len(os.Args) < 2 || os.Args[1] != "--no-reflection" {
		reflection.Register(server)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-stop
		server.Stop()
	}()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
